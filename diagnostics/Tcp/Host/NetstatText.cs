using System.Globalization;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The text of /proc/net/netstat: pairs of lines, names above values, each with the group first.</summary>
public static class NetstatText
{
    private const string Group = "TcpExt:";

    public static void Read(ReadOnlySpan<char> text, HostSample into)
    {
        var names = default(ReadOnlySpan<char>);
        foreach (var line in text.EnumerateLines())
        {
            if (!line.StartsWith(Group, StringComparison.Ordinal))
            {
                names = default;
            }
            else if (names.IsEmpty)
            {
                names = line;
            }
            else
            {
                ReadPair(names[Group.Length..], line[Group.Length..], into);
                names = default;
            }
        }
    }

    private static void ReadPair(ReadOnlySpan<char> names, ReadOnlySpan<char> values, HostSample into)
    {
        var value = values.Split(' ');
        foreach (var name in names.Split(' '))
        {
            if (!value.MoveNext())
            {
                return;
            }

            if (HostCounterName.TryParse(names[name], out var counter)
                && ulong.TryParse(values[value.Current], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                into[counter] = (long)Math.Min(number, long.MaxValue);
            }
        }
    }
}
