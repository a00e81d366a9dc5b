using System;

namespace Shelf.Jars;

/// <summary>Can be bitten.</summary>
public interface ICookie
{
    bool Bite(int depth);
}

public enum Taste { Oat, Ginger }

/// <summary>
/// Holds cookies.
/// </summary>
[Serializable]
public class Jar<T> : Box where T : ICookie
{
    public const int Limit = 12;
    private T lid;

    public Jar(int size) : base(size) { }

    public string Lid { get; set; }

    public int Size => items.Count;

    // Not documentation.
    [Obsolete]
    public void Add(T cookie)
    {
        Lift(cookie);
        int Fits(int n) => n + 1;
    }

    public static Jar<T> operator +(Jar<T> a, Jar<T> b) => a;

    private struct Label
    {
        public string Text;
    }
}

public record Recipe(int Flour);

public delegate void Eaten(object sender);

public class JarTests
{
    [Fact]
    public void Opens()
    {
        Assert.True(new Jar<Oat>(1).Bite(1));
    }
}
