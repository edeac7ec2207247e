using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Swarm.Engine.Receipts;

namespace Swarm.Proxy.Lifetime;

/// <summary>
/// Who listens at a port: on Linux the socket's inode from <c>/proc/net/tcp</c>, then the process that has it open. Other
/// users' processes do not show their sockets: then nobody is named.
/// </summary>
internal static class PortHolder
{
    private const string Listening = "0A";

    /// <summary><c>nginx (pid 812)</c>; null when it cannot be known.</summary>
    public static string? Find(IPEndPoint endpoint)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            foreach (var table in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
            {
                foreach (var line in File.Exists(table) ? File.ReadLines(table).Skip(1) : [])
                {
                    if (ListenerInode(line, endpoint) is { } inode && Owner(inode) is { } owner)
                    {
                        return owner;
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The message does without a name then.
        }

        return null;
    }

    /// <summary>The inode of a row whose socket listens at the endpoint's port, at its address or at any; else null.</summary>
    internal static long? ListenerInode(string row, IPEndPoint endpoint)
    {
        var fields = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 10 || fields[3] != Listening || fields[1].Split(':') is not [var addressHex, var portHex]
            || !int.TryParse(portHex, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var port) || port != endpoint.Port
            || Address(addressHex) is not { } address)
        {
            return null;
        }

        var any = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            || endpoint.Address.Equals(IPAddress.Any) || endpoint.Address.Equals(IPAddress.IPv6Any);
        return (any || address.Equals(endpoint.Address)) && long.TryParse(fields[9], NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
            ? inode : null;
    }

    /// <summary>proc(5): the address is printed as 32-bit words in the machine's byte order.</summary>
    private static IPAddress? Address(string hex)
    {
        if (hex.Length is not (8 or 32))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[hex.Length / 2];
        for (var word = 0; word < bytes.Length / 4; word++)
        {
            if (!uint.TryParse(hex.AsSpan(word * 8, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            if (BitConverter.IsLittleEndian)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes[(word * 4)..], value);
            }
            else
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes[(word * 4)..], value);
            }
        }

        var address = new IPAddress(bytes);
        return address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private static string? Owner(long inode)
    {
        var wanted = $"socket:[{inode}]";
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && HasOpen(process, wanted))
            {
                return $"{Name(process)} (pid {pid})";
            }
        }

        return null;
    }

    private static bool HasOpen(string process, string wanted)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                .Any(descriptor => new FileInfo(descriptor).LinkTarget == wanted);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, or another user's.
            return false;
        }
    }

    private static string Name(string process)
    {
        try
        {
            return ReceiptLine.Printable(File.ReadAllText(Path.Combine(process, "comm")).TrimEnd('\n'));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "a program";
        }
    }
}
