using System.Globalization;
using Swarm.Diagnostics.Analysis;

namespace Swarm.Diagnostics.Tcp;

/// <summary>Which process holds a socket, by the links in /proc/PID/fd. Costs about 40 µs a descriptor of the machine, so it is asked for findings only.</summary>
public static class SocketOwners
{
    private const string Prefix = "socket:[";

    /// <summary>The owners found, by inode; processes of other users stay unknown without privilege.</summary>
    public static IReadOnlyDictionary<uint, SocketOwner> Find(IReadOnlySet<uint> inodes, string proc = "/proc")
    {
        var owners = new Dictionary<uint, SocketOwner>();
        if (inodes.Count == 0 || !OperatingSystem.IsLinux())
        {
            return owners;
        }

        foreach (var folder in Folders(proc))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                FindIn(folder, pid, inodes, owners);
                if (owners.Count == inodes.Count)
                {
                    break;
                }
            }
        }

        return owners;
    }

    /// <summary>The owner with the container or unit of its process, where /proc tells it.</summary>
    public static SocketOwner WithContainer(SocketOwner owner, string proc = "/proc") =>
        Text(Path.Combine(proc, owner.ProcessId.ToString(CultureInfo.InvariantCulture), "cgroup")) is { } text ? owner with { Container = CgroupText.NameIn(text) } : owner;

    /// <summary>The findings with the owners of their sockets.</summary>
    public static IReadOnlyList<Finding> AddTo(IReadOnlyList<Finding> findings, Func<IReadOnlySet<uint>, IReadOnlyDictionary<uint, SocketOwner>> find)
    {
        var owners = find(findings.Where(f => f.Socket?.Inode > 0).Select(f => f.Socket!.Value.Inode).ToHashSet());
        return [.. findings.Select(f => f.Socket is { } s && owners.TryGetValue(s.Inode, out var owner) ? f with { Owner = owner } : f)];
    }

    private static void FindIn(string folder, int pid, IReadOnlySet<uint> inodes, Dictionary<uint, SocketOwner> owners)
    {
        foreach (var link in Entries(Path.Combine(folder, "fd")))
        {
            if (Target(link) is { } target && target.StartsWith(Prefix, StringComparison.Ordinal)
                && uint.TryParse(target.AsSpan(Prefix.Length).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
                && inodes.Contains(inode))
            {
                owners.TryAdd(inode, new SocketOwner(pid, (Text(Path.Combine(folder, "comm")) ?? "").Trim()));
            }
        }
    }

    private static string[] Folders(string proc)
    {
        try
        {
            return Directory.GetDirectories(proc);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // A process may end, or belong to someone else, at any moment of this.
    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
