<?php
namespace Shelf;

use Hands\Lift;

const LIMIT = 12;

/** Can be bitten. */
interface Cookie
{
    public function bite(int $depth): bool;
}

trait Rattles
{
    public function shake(): void {}
}

enum Taste: string
{
    case Oat = "oat";
}

/**
 * Holds cookies.
 */
#[Sealed]
final class Jar extends Box implements Openable
{
    use Rattles;

    public const SIZE = 3;
    private ?string $lid = null;

    public function __construct(private int $size)
    {
    }

    // Not documentation.
    public static function of(Cookie ...$cookies): self
    {
        return new Jar(count($cookies));
    }
}

/** Fills the jar. */
function fill(int $count, string $kind = "oat"): int
{
    $fits = fn ($n) => $n < LIMIT;
    return lift($count);
}

class JarTest
{
    public function testOpens(): void
    {
        Jar::of()->shake();
    }
}
