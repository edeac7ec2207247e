using System.Globalization;

namespace Swarm.Diagnostics.Tcp;

/// <summary>The network namespace of the calling thread, by the number the kernel gives it.</summary>
internal static class NetworkNamespace
{
    private const string Prefix = "net:[";

    /// <summary>0 where it cannot be read.</summary>
    public static ulong Current()
    {
        try
        {
            var target = new FileInfo("/proc/thread-self/ns/net").LinkTarget;
            return target is not null && target.StartsWith(Prefix, StringComparison.Ordinal)
                && ulong.TryParse(target.AsSpan(Prefix.Length).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
