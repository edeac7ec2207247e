namespace Swarm.Core.Tests.Trust;

/// <summary>Who may release what, on whose word, for how long.</summary>
public sealed class TrustTests
{
    private static readonly Instant Granted = new(1_000_000_000);

    [Fact]
    public void ReleaseGate_EveryCombination_LetsOutOnlyTheOriginsOwnOrWhatAConfirmedTreeVouchesFor()
    {
        foreach (var provenance in Enum.GetValues<Provenance>())
        {
            foreach (var authority in Enum.GetValues<Authority>())
            {
                foreach (var (confirmed, falsified) in new[] { (false, false), (false, true), (true, false), (true, true) })
                {
                    var expected = provenance == Provenance.Origin
                        || (provenance == Provenance.Verified && authority is Authority.Tree or Authority.CleartextTree && provenance == Provenance.Verified && confirmed && !falsified);
                    Assert.Equal(expected, ReleaseGate.MayRelease(provenance, authority, confirmed, falsified));
                }
            }
        }
    }

    [Fact]
    public void Authority_Labels_AreThoseOfTheLadder() =>
        Assert.Equal(["L0", "L1", "L2", "L3", "L4", "L5c", "L5"], Enum.GetValues<Authority>().Order().Select(a => a.Label()));

    [Theory]
    [InlineData("", "", 5_000_000, true)]
    [InlineData("", "", 5_000_001, false)]
    [InlineData("", "", -1, false)]
    [InlineData("key", "key", 1, false)]
    [InlineData("", "key", 1, false)]
    public void Permit_Repeat_OnlyUncredentialedAndFresh(string granted, string asks, long later, bool covered) =>
        Assert.Equal(covered, new Permit(granted, Version(Authority.Tree), Granted).CoversRepeat(asks, Granted + later));

    [Theory]
    [InlineData(Authority.Tree, "k", 600_000_000, null, true)]
    [InlineData(Authority.Tree, "k", 600_000_001, null, false)]
    [InlineData(Authority.Tree, "other", 1, null, false)]
    [InlineData(Authority.WholeDigest, "k", 1, null, true)]
    [InlineData(Authority.OwnTlsFetch, "k", 1, null, false)]
    [InlineData(Authority.CleartextTree, "k", 1, null, false)]
    [InlineData(Authority.CleartextTree, "k", 1, 0L, true)]
    public void Permit_OriginDown_StandsForTenMinutesOnTreesAndDigests(Authority authority, string asks, long later, long? seen, bool covered)
    {
        var permit = new Permit("k", Version(authority), Granted);
        Assert.Equal(covered, permit.CoversOriginDown(asks, Granted + later, seen is { } s ? Granted + s : null));
    }

    [Fact]
    public void Permit_CleartextTreeLastSeenLongAgo_DoesNotStand() =>
        Assert.False(new Permit("k", Version(Authority.CleartextTree), Granted).CoversOriginDown("k", Granted + 599_000_000, Granted + -2_000_000));

    [Fact]
    public void ResourceVersion_OtherValidatorLengthOrCoding_IsOtherBytes()
    {
        var version = Version(Authority.Tree);
        Assert.True(version.SameBytes(version with { Authority = Authority.None, Infohash = "x", Shareable = false }));
        Assert.False(version.SameBytes(version with { Validator = new("\"b\"", null) }));
        Assert.False(version.SameBytes(version with { Length = 11 }));
        Assert.False(version.SameBytes(version with { ContentCoding = "gzip" }));
        Assert.False((version with { Validator = null }).SameBytes(version with { Validator = null, Infohash = "x" }));
        Assert.NotEqual(version.StoreKey, (version with { Length = 11 }).StoreKey);
    }

    private static ResourceVersion Version(Authority authority) =>
        new("https://a/b", "identity", new StrongValidator("\"a\"", null), 10, null, authority, true);
}
