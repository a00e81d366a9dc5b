fill() {
  if true; then
    echo "open
