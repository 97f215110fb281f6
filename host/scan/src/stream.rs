//! Matching over a stream that comes in pieces, wherever it is cut.

use crate::kind::Kind;
use crate::matcher::{AHEAD, BEHIND, Matcher};

/// One run of bytes under way: a file's content, a run of free blocks.
#[derive(Debug)]
pub(crate) struct Stream<'m> {
    matcher: &'m Matcher,
    /// What is not decided yet, and a little before it.
    buffer: Vec<u8>,
    /// Offset of the buffer's first byte in the stream.
    start: u64,
    /// From where in the buffer on matches have not been told yet.
    next: usize,
}

impl<'m> Stream<'m> {
    pub(crate) fn new(matcher: &'m Matcher) -> Self {
        Self {
            matcher,
            buffer: Vec::new(),
            start: 0,
            next: 0,
        }
    }

    /// Starts a new stream whose first byte is at `offset`.
    pub(crate) fn begin(&mut self, offset: u64) {
        self.buffer.clear();
        (self.start, self.next) = (offset, 0);
    }

    /// Takes the next bytes, and tells the kind and offset of each match that they decide.
    pub(crate) fn feed(&mut self, bytes: &[u8], found: &mut dyn FnMut(Kind, u64)) {
        self.buffer.extend_from_slice(bytes);
        let decided = self.buffer.len().saturating_sub(AHEAD);
        self.tell(decided, found);
        let drop = self.next.saturating_sub(BEHIND);
        self.buffer.drain(..drop);
        self.start += drop as u64;
        self.next -= drop;
    }

    /// Tells the matches that were undecided until the end.
    pub(crate) fn end(&mut self, found: &mut dyn FnMut(Kind, u64)) {
        self.tell(self.buffer.len(), found);
        self.begin(0);
    }

    fn tell(&mut self, end: usize, found: &mut dyn FnMut(Kind, u64)) {
        if end <= self.next {
            return;
        }
        for (kind, range) in self.matcher.find(&self.buffer, self.next..end) {
            found(kind, self.start + range.start as u64);
        }
        self.next = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identities::Identities;
    use proptest::prelude::*;

    fn matches(matcher: &Matcher, pieces: &[&[u8]]) -> Vec<(Kind, u64)> {
        let mut stream = Stream::new(matcher);
        let mut all = Vec::new();
        stream.begin(100);
        for piece in pieces {
            stream.feed(piece, &mut |kind, offset| all.push((kind, offset)));
        }
        stream.end(&mut |kind, offset| all.push((kind, offset)));
        all.sort_unstable();
        all
    }

    proptest! {
        /// However a stream is cut, the same is found in it.
        #[test]
        fn cuts_do_not_matter(
            gaps in proptest::collection::vec(0usize..3000, 1..6),
            cuts in proptest::collection::vec(1usize..4000, 1..20),
        ) {
            let mut identities = Identities::default();
            identities.add(Kind::HostName, "web01");
            identities.add(Kind::IpAddress, "10.1.2.3");
            let matcher = Matcher::new(&identities).unwrap();
            let hash = format!("$6$salt${}", "a".repeat(86));
            let mut text = Vec::new();
            let mut expected = Vec::new();
            for (gap, (kind, secret)) in gaps.iter().zip(
                [
                    (Kind::HostName, "WEB01"),
                    (Kind::PasswordHash, hash.as_str()),
                    (Kind::IpAddress, "10.1.2.3"),
                ]
                .iter()
                .cycle(),
            ) {
                text.resize(text.len() + gap, b'.');
                text.push(b' ');
                expected.push((*kind, 100 + text.len() as u64));
                text.extend(secret.as_bytes());
                text.push(b' ');
            }
            expected.sort_unstable();
            let mut pieces = Vec::new();
            let mut rest = text.as_slice();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            prop_assert_eq!(matches(&matcher, &pieces), expected);
        }
    }
}
