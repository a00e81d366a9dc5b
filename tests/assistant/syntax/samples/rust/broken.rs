fn fill(count: usize -> usize {
    count +
}
