//! `Queue`: which task is next, so that nobody's many tasks keep another's one waiting.

use mintage_records::Id;
use std::collections::VecDeque;

/// Tasks that wait: owners take turns, and the tasks of one owner come in their order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Who has waiting tasks, whose turn is next first; no owner without one.
    owners: VecDeque<(String, VecDeque<Id>)>,
}

impl Queue {
    /// Puts a task at the end of its owner's.
    pub(super) fn push(&mut self, owner: &str, id: Id) {
        match self.owners.iter_mut().find(|(name, _)| name == owner) {
            Some((_, waiting)) => waiting.push_back(id),
            None => self.owners.push_back((owner.to_owned(), [id].into())),
        }
    }

    /// Takes the next one out.
    pub(super) fn pop(&mut self) -> Option<Id> {
        let (owner, mut waiting) = self.owners.pop_front()?;
        let id = waiting.pop_front();
        if !waiting.is_empty() {
            self.owners.push_back((owner, waiting));
        }
        id
    }

    /// Takes this one out, wherever it is; false when it does not wait.
    pub(super) fn withdraw(&mut self, id: &Id) -> bool {
        for (place, (_, waiting)) in self.owners.iter_mut().enumerate() {
            if let Some(at) = waiting.iter().position(|other| other == id) {
                waiting.remove(at);
                if waiting.is_empty() {
                    self.owners.remove(place);
                }
                return true;
            }
        }
        false
    }

    /// Whether the task waits.
    pub(super) fn contains(&self, id: &Id) -> bool {
        self.owners.iter().any(|(_, waiting)| waiting.contains(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_take_turns() {
        let id = |text: &str| Id::parse(text).unwrap();
        let mut queue = Queue::default();
        for (owner, task) in [
            ("anna", "a1"),
            ("anna", "a2"),
            ("anna", "a3"),
            ("bert", "b1"),
            ("carl", "c1"),
            ("bert", "b2"),
        ] {
            queue.push(owner, id(task));
        }
        assert!(queue.contains(&id("b2")) && !queue.contains(&id("b3")));
        assert!(!queue.withdraw(&id("b3")));
        assert!(queue.withdraw(&id("a2")) && queue.withdraw(&id("c1")));
        let order: Vec<String> = std::iter::from_fn(|| queue.pop())
            .map(|id| id.to_string())
            .collect();
        assert_eq!(order, ["a1", "b1", "a3", "b2"]);
        assert_eq!(queue.pop(), None);
    }
}
