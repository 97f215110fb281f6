//! `Html`: markup in which every text is escaped.

use std::fmt::Write as _;

/// Markup. What is put in by [`Html::text`] can be no markup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// Adds a text.
    pub(super) fn text(mut self, text: &str) -> Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                _ => self.0.push(c),
            }
        }
        self
    }

    /// Adds an element with this content.
    pub(super) fn element(self, name: &'static str, content: Self) -> Self {
        self.element_with(name, &[], content)
    }

    /// Adds an element with attributes.
    pub(super) fn element_with(
        mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        content: Self,
    ) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "<{name}");
        for (name, value) in attributes {
            let value = Self::default().text(value);
            let _ = write!(self.0, " {name}=\"{}\"", value.0);
        }
        let _ = write!(self.0, ">{}</{name}>", content.0);
        self
    }

    /// Adds an element with a text.
    pub(super) fn tagged(self, name: &'static str, text: &str) -> Self {
        self.element(name, Self::default().text(text))
    }

    /// Adds a link to a place of the same page.
    pub(super) fn link(self, target: &str, text: &str) -> Self {
        let target = format!("#{target}");
        self.element_with("a", &[("href", &target)], Self::default().text(text))
    }

    /// Adds other markup.
    pub(super) fn join(mut self, other: Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// The whole as a document.
    pub(super) fn document(self, title: &str) -> String {
        let title = Self::default().text(title).0;
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
             <link rel=\"stylesheet\" href=\"/api/style.css\"></head><body>{}</body></html>\n",
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_markup() {
        let text = "<script>alert(\"1\" & '2')</script>";
        let page = Html::default()
            .element_with("p", &[("id", text)], Html::default().text(text))
            .document(text);
        assert_eq!(page.matches("&lt;script&gt;").count(), 3);
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(page.matches("&quot;1&quot; &amp; &#39;2&#39;").count(), 3);
    }
}
