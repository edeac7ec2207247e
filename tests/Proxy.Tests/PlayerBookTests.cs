using Swarm.Proxy.Control;
using Swarm.Testing;

namespace Swarm.Proxy.Tests;

/// <summary>What players say of themselves: shown while it is news, and never more than can be true.</summary>
public sealed class PlayerBookTests
{
    private static readonly PlayerView Said = new("tab 1", "http://h/film.mp4", 10, 60, 5, Paused: false);

    private readonly FakeTime _time = new();

    [Fact]
    public void Playing_GoesOnBetweenTwoWords_UpToWhatIsBuffered()
    {
        var book = new PlayerBook(_time);
        Assert.Null(book.Tell(Said with { BufferedSeconds = 1.5 }));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new(Said.Player, Said.Url, 11, 60, 0.5, false), Assert.Single(book.Of(Said.Url)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((11.5, 0), (book.Of(Said.Url)[0].Seconds, book.Of(Said.Url)[0].BufferedSeconds));
    }

    [Fact]
    public void Paused_Stands()
    {
        var book = new PlayerBook(_time);
        book.Tell(Said with { Paused = true });
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(10, Assert.Single(book.Of(Said.Url)).Seconds);
    }

    [Fact]
    public void Silent_IsForgotten_AndOthersPlayOtherThings()
    {
        var book = new PlayerBook(_time);
        book.Tell(Said);
        Assert.Empty(book.Of("http://h/other.mp4"));
        _time.Advance(TimeSpan.FromSeconds(3.1));
        Assert.Empty(book.Of(Said.Url));
    }

    [Theory]
    [InlineData(-1, 60, 0)]
    [InlineData(61, 60, 0)]
    [InlineData(0, 0, 0)]
    [InlineData(1, 60, -1)]
    [InlineData(double.NaN, 60, 0)]
    [InlineData(1, double.PositiveInfinity, 0)]
    [InlineData(1, 60, double.NaN)]
    public void WhatCannotBeTrue_IsRefused(double seconds, double duration, double buffered)
    {
        var book = new PlayerBook(_time);
        Assert.NotNull(book.Tell(new("p", "u", seconds, duration, buffered, false)));
        Assert.Empty(book.Of("u"));
    }

    [Fact]
    public void NamelessAndEndless_AreRefused_AndSoIsTheHundredAndFirst()
    {
        var book = new PlayerBook(_time);
        Assert.NotNull(book.Tell(Said with { Player = "" }));
        Assert.NotNull(book.Tell(Said with { Url = new string('x', 5000) }));
        Assert.NotNull(book.Tell(new(null!, null!, 0, 1, 0, false)));
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(book.Tell(Said with { Player = $"tab {i}" }));
        }

        Assert.NotNull(book.Tell(Said with { Player = "one more" }));
        Assert.Null(book.Tell(Said with { Player = "tab 7" }));
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Null(book.Tell(Said with { Player = "one more" }));
    }
}
