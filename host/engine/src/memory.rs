//! What functions of the library remember from one call of a run to the next.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;

/// One value for each type, made when it is first asked for.
///
/// It is for functions whose calls add up to one thing that is written as a whole, as the
/// interfaces of a network are. It starts empty in every run and lasts for all steps of it.
#[derive(Default)]
pub struct RunMemory(BTreeMap<TypeId, Box<dyn Any + Send>>);

impl RunMemory {
    /// The value of this type.
    pub fn of<T: Clone + Default + Send + 'static>(&self) -> T {
        let kept = self.0.get(&TypeId::of::<T>());
        let kept = kept.and_then(|value| value.downcast_ref::<T>());
        kept.cloned().unwrap_or_default()
    }

    /// Keeps `value` in place of the one of its type.
    pub fn keep<T: Clone + Default + Send + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(value));
    }
}

impl fmt::Debug for RunMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory of {} values", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_value_of_its_own() {
        let mut memory = RunMemory::default();
        assert_eq!(memory.of::<u32>(), 0);
        memory.keep(7_u32);
        memory.keep("seven".to_owned());
        assert_eq!(
            (memory.of::<u32>(), memory.of::<String>()),
            (7, "seven".to_owned())
        );
        memory.keep(8_u32);
        assert_eq!((memory.of::<u32>(), memory.of::<u64>()), (8, 0));
    }
}
