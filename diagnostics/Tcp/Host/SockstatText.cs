using System.Globalization;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The text of /proc/net/sockstat: one line for each protocol, names and values in turn.</summary>
public static class SockstatText
{
    /// <summary>Pages of TCP memory in use; null when the text does not say.</summary>
    public static long? MemPages(ReadOnlySpan<char> text)
    {
        foreach (var line in text.EnumerateLines())
        {
            if (!line.StartsWith("TCP:", StringComparison.Ordinal))
            {
                continue;
            }

            var afterMem = false;
            foreach (var cell in line.Split(' '))
            {
                if (afterMem)
                {
                    return long.TryParse(line[cell], NumberStyles.None, CultureInfo.InvariantCulture, out var pages) ? pages : null;
                }

                afterMem = line[cell] is "mem";
            }
        }

        return null;
    }
}
