//! The registry as a page of the reference.

use super::Code;

/// The ranges of codes, with what they are about.
pub(super) const AREAS: &[(&str, &str)] = &[
    ("P1", "Scripts, before they run"),
    ("P2", "Limits and the run of a script"),
    ("P3", "Files in the volume"),
    ("P4", "Custom attributes"),
    ("P5", "Plan libraries"),
    ("P6", "The worker process"),
    ("P7", "Images and commits"),
    ("P8", "Services, as remote commands see them"),
    ("P9", "Running a service"),
];

/// `docs/reference/errors.md`.
pub(crate) fn page() -> String {
    let mut page = "# Error codes\n\n\
        Every error that Mintage reports has a code. A code never changes its meaning and is never\n\
        used again. A script can catch an error and ask for its code, `catch (err) { if err.code ==\n\
        \"P3001\" { … } }`, except where the run ends at once.\n\n\
        This page is made from the registry of codes: `MINTAGE_UPDATE_DOCS=1 cargo test -p\n\
        mintage-engine` writes it anew.\n"
        .to_owned();
    for (prefix, title) in AREAS {
        page.push_str(&format!("\n## {prefix}: {title}\n\n"));
        page.push_str("| code | name | meaning |\n|---|---|---|\n");
        for code in Code::ALL
            .iter()
            .filter(|code| code.as_str().starts_with(prefix))
        {
            let end = if code.is_fatal() {
                " The run ends at once."
            } else {
                ""
            };
            let (name, meaning) = (code.name(), code.meaning());
            page.push_str(&format!("| {code} | `{name}` | {meaning}{end} |\n"));
        }
    }
    page
}
