using System.Globalization;

namespace Swarm.Lab.Harness;

/// <summary>What a running program holds of memory, as the kernel counts it.</summary>
public static class ProcessMemory
{
    /// <summary>proc(5), RssAnon: anonymous memory in bytes; the page cache of its files is not among it.</summary>
    public static long AnonymousOf(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(static l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
