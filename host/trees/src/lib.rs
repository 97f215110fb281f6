//! Layouts of real distributions as tree texts: what a plan is tested on where nobody has an image
//! at hand.
//!
//! A layout has what plans read and edit (os-release, accounts, units, network files, boot loader
//! entries), as the distribution's own packages lay it out, and leaves out what nobody edits. The
//! format is described in `docs/reference/tree-text.md`.

#[cfg(test)]
mod tests;

/// Every layout, by name.
const LAYOUTS: [(&str, &str); 4] = [
    ("debian-12", include_str!("../trees/debian-12.tree")),
    ("rhel-9", include_str!("../trees/rhel-9.tree")),
    ("sles-15", include_str!("../trees/sles-15.tree")),
    ("ubuntu-24.04", include_str!("../trees/ubuntu-24.04.tree")),
];

/// The names of the layouts, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    LAYOUTS.iter().map(|(name, _)| *name)
}

/// The tree text of the layout with this name.
pub fn layout(name: &str) -> Option<&'static str> {
    let found = LAYOUTS.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}
