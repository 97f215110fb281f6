//! The product's verbs and the tasks that carry them out.
