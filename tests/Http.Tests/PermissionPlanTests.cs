using Swarm.Core;

namespace Swarm.Http.Tests;

/// <summary>Invariant I1: which request asks the origin's permission.</summary>
public sealed class PermissionPlanTests
{
    private static readonly Instant Now = new(100_000_000);

    public static TheoryData<string, string, string> Golden => GoldenTable.Rows("permission.txt");

    [Theory]
    [MemberData(nameof(Golden))]
    public void Permission_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var cells = input.Split(">>", StringSplitOptions.TrimEntries);
        var request = cells[0].Split(' ', 2);
        var wanted = cells[1].Split('+');
        var plan = Plan(request[0], GoldenTable.Fields(request.Length > 1 ? request[1] : ""), new(long.Parse(wanted[0]), long.Parse(wanted[1])));
        Assert.Equal(expected, plan.Shape == PermissionShape.Probe ? $"Probe {plan.RangeField}" : plan.Shape.ToString());
    }

    [Fact]
    public void Permission_UnknownUrl_IsWhole() =>
        Assert.Equal(PermissionShape.Whole, PermissionPlan.For(new("GET", [], null, new(0, 1 << 20), "", null, Now)).Shape);

    [Fact]
    public void Permission_VersionOfATorrentOnly_IsWhole() =>
        Assert.Equal(PermissionShape.Whole, PermissionPlan.For(new("GET", [], Pinned.Version with { Validator = null }, new(0, 1 << 20), "", null, Now)).Shape);

    [Theory]
    [InlineData("", "", 5_000_000, PermissionShape.Reuse)]
    [InlineData("", "", 5_000_001, PermissionShape.Probe)]
    [InlineData("", "", -1, PermissionShape.Probe)]
    [InlineData("k", "k", 0, PermissionShape.Probe)] // credentials need a fresh permit each
    [InlineData("k", "", 0, PermissionShape.Probe)]
    [InlineData("", "k", 0, PermissionShape.Probe)]
    public void Permission_LastPermit_IsReusedOnlyWithoutCredentials(string permitKey, string key, long age, PermissionShape shape)
    {
        var permit = new Permit(permitKey, Pinned.Version, new(Now.Micros - age));
        Assert.Equal(shape, PermissionPlan.For(new("GET", [], Pinned.Version, new(0, 1 << 20), key, permit, Now)).Shape);
    }

    [Theory]
    [InlineData(true, 0, true, PermissionShape.Revalidate)]
    [InlineData(false, 0, true, PermissionShape.Probe)] // no stored fields for these credentials
    [InlineData(true, 1, true, PermissionShape.Probe)] // bytes are missing: the answer may as well bring some
    [InlineData(true, 0, false, PermissionShape.Probe)] // a date is no entity tag
    public void Permission_EverythingHere_AsksWhetherItStillStands(bool holdsHeaders, long wanted, bool tagged, PermissionShape shape)
    {
        var version = tagged ? Pinned.Version : Pinned.Version with { Validator = new(null, "Sat, 14 Mar 2026 10:00:00 GMT") };
        var plan = PermissionPlan.For(new("GET", [], version, new(0, wanted), "k", null, Now) { HoldsHeaders = holdsHeaders });
        Assert.Equal((shape, "bytes=0-65535"), (plan.Shape, plan.RangeField));
    }

    [Theory] // their answer cannot be told from a probe's: asked as they are, with the condition where everything is here
    [InlineData("bytes=0-1,500000-500001", true, PermissionShape.Revalidate)]
    [InlineData("bytes=0-1,500000-500001", false, PermissionShape.Revalidate)]
    [InlineData("bytes=-500", true, PermissionShape.Revalidate)]
    [InlineData("bytes=5000000-,6000000-", true, PermissionShape.Whole)]
    public void Permission_SeveralRangesOrASuffix(string range, bool hasPermit, PermissionShape shape)
    {
        var request = new HttpFields { { "Range", range } };
        var facts = new PermissionFacts("GET", request, Pinned.Version, ByteRange.Empty, "", hasPermit ? new Permit("", Pinned.Version, Now) : null, Now) { HoldsHeaders = true };
        Assert.Equal((shape, (string?)null), (PermissionPlan.For(facts).Shape, PermissionPlan.For(facts).RangeField));
        Assert.Equal(PermissionShape.Whole, PermissionPlan.For(facts with { LastPermit = null, HoldsHeaders = false }).Shape);
        Assert.Equal(PermissionShape.Whole, PermissionPlan.For(facts with { LastPermit = null, FirstWanted = new(0, 1) }).Shape);
    }

    [Fact]
    public void Permission_PermitOfAnotherVersion_IsNotReused()
    {
        var permit = new Permit("", Pinned.Version with { Validator = new("\"v0\"", null) }, Now);
        Assert.Equal(PermissionShape.Probe, PermissionPlan.For(new("GET", [], Pinned.Version, new(0, 1 << 20), "", permit, Now)).Shape);
    }

    [Fact]
    public void Permission_EveryProbe_HoldsTheFirstWantedByte_AndIsNarrowed()
    {
        const long length = 2_000_000;
        foreach (var first in new[] { 0L, 1, 16_383, 16_384, 100_000, length - 65_537, length - 1 })
        {
            foreach (var last in new[] { first, first + 1, first + 70_000, length - 1 })
            {
                foreach (var wanted in new[] { 0L, first, first + 20_000, length - 1, length })
                {
                    var client = ByteRange.FromBounds(first, Math.Min(last, length - 1) + 1);
                    var request = new HttpFields { { "Range", RangeSet.Format(client) } };
                    foreach (var count in new[] { 0L, 1, 16_384, length })
                    {
                        var plan = Plan("GET", request, new(wanted, Math.Min(count, length - wanted)));
                        if (plan.Shape == PermissionShape.Whole)
                        {
                            continue;
                        }

                        Assert.Equal(0, plan.Range.Offset % 16_384);
                        Assert.True(plan.Range.End <= length);
                        Assert.True(plan.Range.Length >= PermissionPlan.MinProbeBytes || plan.Range.End == length, plan.Range.ToString());
                        Assert.True(plan.Range.Offset < client.End && plan.Range.End > client.Offset, "a probe asks for some of what the client asked");
                        if (client.Contains(wanted) && count > 0)
                        {
                            Assert.True(plan.Range.Contains(wanted));
                        }
                    }
                }
            }
        }
    }

    private static PermissionRequest Plan(string method, HttpFields request, ByteRange wanted) =>
        PermissionPlan.For(new(method, request, Pinned.Version, wanted, "", null, Now));
}
