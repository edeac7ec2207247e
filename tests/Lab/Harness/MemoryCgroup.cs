using System.Globalization;

namespace Swarm.Lab.Harness;

/// <summary>A control group that limits the memory of a process, page cache included; where none can be made there is none.</summary>
public sealed class MemoryCgroup : IDisposable
{
    // cgroups(7): version 2 has one tree, version 1 one for each controller.
    private static readonly (string Root, string Limit)[] Kinds =
    [
        ("/sys/fs/cgroup", "memory.max"),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
    ];

    private readonly string _path;

    private MemoryCgroup(string path) => _path = path;

    /// <summary>Limits the process from now on; null if this machine does not let us.</summary>
    public static MemoryCgroup? TryPut(int pid, long limitBytes)
    {
        foreach (var (root, limit) in Kinds)
        {
            var path = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"swarm-lab-{Environment.ProcessId}"));
            try
            {
                if (!File.Exists(Path.Combine(root, "cgroup.procs")))
                {
                    continue;
                }

                Directory.CreateDirectory(path);
                if (File.Exists(Path.Combine(path, limit)))
                {
                    File.WriteAllText(Path.Combine(path, limit), limitBytes.ToString(CultureInfo.InvariantCulture));
                    File.WriteAllText(Path.Combine(path, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture));
                    return new MemoryCgroup(path);
                }

                Directory.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Remove(path);
            }
        }

        return null;
    }

    /// <summary>Removes the group; the process must have ended, or is left to the group above.</summary>
    public void Dispose()
    {
        try
        {
            // A group with processes cannot be removed.
            foreach (var pid in File.ReadAllLines(Path.Combine(_path, "cgroup.procs")))
            {
                File.WriteAllText(Path.Combine(Path.GetDirectoryName(_path)!, "cgroup.procs"), pid);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended between the two lines.
        }

        Remove(_path);
    }

    private static void Remove(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays, empty, until the machine is restarted.
        }
    }
}
