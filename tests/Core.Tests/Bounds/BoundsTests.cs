namespace Swarm.Core.Tests.Bounds;

/// <summary>Bounds computed by hand.</summary>
public sealed class BoundsTests
{
    private const long Unit = 16384;
    private const long Link = 1_000_000_000_000;

    [Fact]
    public void OneSource_LeadPlusTransfer() =>
        Assert.Equal(160_000 + 1_000_000, Core.Bounds.StartupBound([new(64 * Unit, 160_000)], 64 * Unit, Unit, Link));

    [Fact]
    public void TwoSources_SameLead_ShareTheBytes() =>
        Assert.Equal(100_000 + 500_000, Core.Bounds.StartupBound([new(64 * Unit, 100_000), new(64 * Unit, 100_000)], 64 * Unit, Unit, Link));

    [Fact]
    public void LateSource_HelpsFromItsLeadOn() => // 1 × T + 1 × (T − 0.5) = 1
        Assert.Equal(750_000, Core.Bounds.StartupBound([new(64 * Unit, 0), new(64 * Unit, 500_000)], 64 * Unit, Unit, Link));

    [Fact]
    public void SourceLaterThanTheEnd_DoesNotCount() =>
        Assert.Equal(1_000_000, Core.Bounds.StartupBound([new(64 * Unit, 0), new(1000 * Unit, 2_000_000)], 64 * Unit, Unit, Link));

    [Fact]
    public void ThinLink_BoundsThePlan() =>
        Assert.Equal(10_000 + 2_000_000, Core.Bounds.StartupBound([new(1000 * Unit, 10_000)], 64 * Unit, Unit, 32 * Unit));

    [Fact]
    public void Seek_IntoAPiece_PaysTheWholePiece()
    {
        var sources = new BoundSource[] { new(1 << 20, 40_000) };
        Assert.Equal(40_000 + 1_000_000, Core.Bounds.SeekBound(sources, (5 << 20) + 700_000, 1000, 1 << 20, Link));
        Assert.Equal(40_000 + 15_625, Core.Bounds.SeekBound(sources, (5 << 20) + 700_000, 1000, Unit, Link));
    }

    [Fact]
    public void NoSource_Never() => Assert.Equal(long.MaxValue, Core.Bounds.StartupBound([], 1000, Unit, Link));
}
