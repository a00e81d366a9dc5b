interface Cookie {
  size: ;
}
function (a: {
