using System.Globalization;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Where a kernel function begins and ends, from /proc/kallsyms.</summary>
internal static class Kallsyms
{
    /// <summary>Its addresses; null where the kernel does not show them (kptr_restrict) or has no such function.</summary>
    public static (ulong First, ulong Last)? Find(string name, TextReader text)
    {
        ulong? found = null;
        var next = ulong.MaxValue;
        var addresses = new List<ulong>();
        for (string? line; (line = text.ReadLine()) is not null;)
        {
            // "ffffffff81a3b2c0 t tcp_collapse"; functions are of type t or T.
            var cells = line.AsSpan();
            if (cells.Length < 20 || !ulong.TryParse(cells[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var address)
                || (cells[17] | 0x20) != 't')
            {
                continue;
            }

            addresses.Add(address);
            if (found is null && address != 0 && cells[19..].SequenceEqual(name))
            {
                found = address;
            }
        }

        foreach (var address in addresses)
        {
            next = address > found && address < next ? address : next;
        }

        return found is { } first && next != ulong.MaxValue ? (first, next) : null;
    }

    public static (ulong First, ulong Last)? Find(string name)
    {
        try
        {
            using var text = new StreamReader("/proc/kallsyms");
            return Find(name, text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
