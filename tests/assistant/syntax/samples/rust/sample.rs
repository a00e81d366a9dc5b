//! Keeps cookies.
use std::fmt;

/// How many fit.
pub const LIMIT: usize = 12;
static NAME: &str = "jar";

/// Holds cookies.
#[derive(Debug, Clone)]
pub struct Jar<T> {
    size: usize,
    items: Vec<T>,
}

pub enum Taste {
    Oat,
    Ginger(u8),
}

type Result<T> = std::result::Result<T, ()>;

pub trait Bite {
    fn bite(&self, depth: u32) -> bool;
    fn twice(&self) -> bool {
        self.bite(2)
    }
}

impl<T> Jar<T> {
    /// A new jar.
    pub fn new(size: usize) -> Self {
        Self { size, items: Vec::new() }
    }
}

impl<T> fmt::Display for Jar<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.size)
    }
}

macro_rules! crumbs {
    ($x:expr) => { $x };
}

/// Fills it.
pub async fn fill(count: usize) -> usize {
    fn fits(n: usize) -> bool {
        n < LIMIT
    }
    lift(count)
}

mod shelf {
    pub fn stack() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    // Two is enough.
    #[test]
    fn fills() {
        assert_eq!(fill(2), 2);
    }
}
