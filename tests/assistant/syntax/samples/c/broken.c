int fill(int count {
    return count +;
}
