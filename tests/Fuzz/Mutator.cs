using System.Globalization;
using System.Text;

namespace Swarm.Fuzz;

/// <summary>Makes one input from the corpus: a few random edits of a random entry. The same generator state makes the same input.</summary>
internal static class Mutator
{
    private const int MaxEdits = 8;
    private const int MaxBytes = 64 * 1024;

    private static readonly string[] Numbers =
        ["0", "-0", "00", "1", "-1", "2", "15", "255", "16383", "16384", "65536", "2147483647", "2147483648", "4294967295", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "99999999999999999999"];

    public static byte[] Make(IFuzzTarget target, ref SplitMix random)
    {
        var bytes = new List<byte>(target.Corpus[random.Below(target.Corpus.Count)]);
        for (var edits = random.Below(MaxEdits); edits >= 0; edits--)
        {
            Edit(bytes, target, ref random);
        }

        return bytes.Count <= MaxBytes ? [.. bytes] : [.. bytes[..MaxBytes]];
    }

    private static void Edit(List<byte> bytes, IFuzzTarget target, ref SplitMix random)
    {
        var at = random.Below(bytes.Count + 1);
        switch (random.Below(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Below(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next();
                break;
            case 2:
                bytes.RemoveRange(at, random.Below(Math.Min(64, bytes.Count - at) + 1));
                break;
            case 3:
                bytes.InsertRange(at, Slice(bytes, ref random));
                break;
            case 4:
                bytes.InsertRange(at, Slice(target.Corpus[random.Below(target.Corpus.Count)], ref random));
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 6:
                Number(bytes, at, ref random);
                break;
            case 7 when target.Tokens.Count > 0:
                var token = target.Tokens[random.Below(target.Tokens.Count)];
                for (var repeat = random.Below(16) == 0 ? random.Below(2000) : 0; repeat >= 0; repeat--)
                {
                    bytes.InsertRange(at, token);
                }

                break;
            default:
                bytes.Insert(at, (byte)random.Next());
                break;
        }
    }

    /// <summary>Replaces the next run of digits by an awkward number: lengths and sizes are where parsers break.</summary>
    private static void Number(List<byte> bytes, int at, ref SplitMix random)
    {
        while (at < bytes.Count && !char.IsAsciiDigit((char)bytes[at]))
        {
            at++;
        }

        var end = at;
        while (end < bytes.Count && char.IsAsciiDigit((char)bytes[end]))
        {
            end++;
        }

        if (end == at)
        {
            return;
        }

        var old = Encoding.ASCII.GetString([.. bytes[at..end]]);
        var made = random.Below(2) == 0 && long.TryParse(old, CultureInfo.InvariantCulture, out var value)
            ? unchecked(value + random.Below(5) - 2).ToString(CultureInfo.InvariantCulture)
            : Numbers[random.Below(Numbers.Length)];
        bytes.RemoveRange(at, end - at);
        bytes.InsertRange(at, Encoding.ASCII.GetBytes(made));
    }

    private static List<byte> Slice(IReadOnlyList<byte> from, ref SplitMix random)
    {
        var start = random.Below(from.Count);
        return [.. from.Skip(start).Take(1 + random.Below(Math.Min(256, from.Count - start)))];
    }
}
