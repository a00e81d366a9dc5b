<?php
function fill($count {
    return $count +;
}
class { }
