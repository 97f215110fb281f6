//! The whole reference as the source of an mdBook, so that it can be read and searched as a site.

use super::Catalogue;
use crate::codes;

const SETTINGS: &str = "\
[book]
title = \"Mintage: what plan scripts can call\"
language = \"en\"

[output.html]
no-section-label = true
";

/// Path and text of every file.
pub(super) fn files(catalogue: &Catalogue) -> Vec<(String, String)> {
    let mut summary = "# Summary\n\n- [Error codes](errors.md)\n".to_owned();
    let mut files = vec![
        ("book.toml".to_owned(), SETTINGS.to_owned()),
        ("src/errors.md".to_owned(), codes::page()),
    ];
    for module in &catalogue.modules {
        let name = module.page_name();
        summary.push_str(&format!("- [{name}](stdlib/{name}.md)\n"));
        files.push((format!("src/stdlib/{name}.md"), module.to_markdown()));
    }
    files.push(("src/SUMMARY.md".to_owned(), summary));
    files
}
