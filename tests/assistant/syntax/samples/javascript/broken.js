function fill(count {
  return [1, 2;
}
