using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Swarm.Core;

namespace Swarm.Http.Tests;

/// <summary>RFC 9110 §14.1, §14.2, §17.15.</summary>
public sealed class RangeSetTests
{
    public static TheoryData<string, string, string> Golden => GoldenTable.Rows("range.txt");

    [Theory]
    [MemberData(nameof(Golden))]
    public void Range_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        var set = RangeSet.Parse(input);
        var ten = string.Join(',', set.Specs.ToArray().Select(s => s.Resolve(10) is { } r ? $"{r.Offset}-{r.End - 1}" : "none"));
        Assert.Equal(expected, set.Kind == RangeSetKind.Ignored ? "ignored" : $"{set.Kind} {ten}");
    }

    [Fact]
    public void Range_NoField_IsAbsent()
    {
        Assert.Equal(RangeSetKind.Absent, RangeSet.Parse(null).Kind);
        Assert.Empty(RangeSet.Parse(null).ToString());
    }

    [Fact]
    public void Range_LongestAllowedList_IsHonoured_OneMoreIsNot()
    {
        var sixteen = "bytes=" + string.Join(',', Enumerable.Range(0, 16).Select(i => $"{2 * i}-{2 * i}"));
        Assert.Equal(RangeSetKind.Multiple, RangeSet.Parse(sixteen).Kind);
        Assert.Equal(RangeSetKind.Ignored, RangeSet.Parse(sixteen + ",40-40").Kind);
    }

    [Fact]
    public void Range_FieldOfManyKilobytes_IsIgnoredUnread() =>
        Assert.Equal(RangeSetKind.Ignored, RangeSet.Parse("bytes=0-0" + new string(',', RangeSet.MaxValueChars)).Kind);

    [Fact]
    public void Range_AllPairsOnFiveBytes_SelectWhatCountingBytesSelects()
    {
        for (var length = 0; length <= 6; length++)
        {
            for (var first = 0; first <= 8; first++)
            {
                Check($"bytes={first}-", length, Enumerable.Range(0, length).Where(i => i >= first));
                Check($"bytes=-{first}", length, Enumerable.Range(0, length).Where(i => length - i <= first));
                for (var last = first; last <= 8; last++)
                {
                    Check($"bytes={first}-{last}", length, Enumerable.Range(0, length).Where(i => i >= first && i <= last));
                }
            }
        }

        static void Check(string field, int length, IEnumerable<int> expected)
        {
            var range = RangeSet.Parse(field).Single!.Value.Resolve(length) ?? ByteRange.Empty;
            Assert.Equal(expected, Enumerable.Range((int)range.Offset, (int)range.Length));
        }
    }

    [Fact]
    public void Range_NumbersOfAnySize_ResolveAsBigIntegersDo()
    {
        var number = Gen.Choose(1, 30).SelectMany(digits => Gen.Choose(0, 9).ArrayOf(digits)).Select(d => string.Concat(d));
        var cases = Gens.Three(number, number, Gen.Choose(0, 40).Select(bits => bits == 40 ? long.MaxValue : 1L << bits)).ToArbitrary();
        Prop.ForAll(cases, c =>
        {
            var (first, last, length) = (BigInteger.Parse(c.A), BigInteger.Parse(c.B), c.C);
            var set = RangeSet.Parse($"bytes={c.A}-{c.B}");
            if (last < first)
            {
                return set.Kind == RangeSetKind.Ignored;
            }

            var got = set.Single!.Value.Resolve(length);
            return first >= length
                ? got is null
                : got == ByteRange.FromBounds((long)first, (long)BigInteger.Min(last, length - 1) + 1);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Range_ParseFormatParse_IsTheSame()
    {
        var spec = Gens.Three(Gen.Choose(0, 3), Gen.Choose(0, 1000), Gen.Choose(0, 1000)).Select(t => t.A switch
        {
            0 => RangeSpec.Open(t.B),
            1 => RangeSpec.Suffix(t.B),
            _ => RangeSpec.Bounded(t.B, t.B + t.C),
        });
        Prop.ForAll(spec.NonEmptyListOf().Where(l => l.Count <= RangeSet.MaxRanges).ToArbitrary(), specs =>
        {
            var text = $"bytes={string.Join(',', specs)}";
            var set = RangeSet.Parse(text);
            return set.Specs.ToArray().AsEnumerable().SequenceEqual(specs) && set.ToString() == text;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Range_AnyText_NeverThrows_AndNeverSelectsOutside() => Attack.Survives(text =>
    {
        foreach (var candidate in new[] { text, "bytes=" + text })
        {
            foreach (var spec in RangeSet.Parse(candidate).Specs)
            {
                if (spec.Resolve(1000) is { } range)
                {
                    Assert.True(range.Length > 0 && range.Offset >= 0 && range.End <= 1000, candidate);
                }
            }
        }
    });
}
