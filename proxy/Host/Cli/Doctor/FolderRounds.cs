namespace Swarm.Proxy.Cli;

/// <summary>Looks at the folders that a node writes to: by writing, as nothing else says what a quota, a full or a read-only disk would.</summary>
internal static class FolderRounds
{
    /// <summary>A page: an empty file needs no room, and would succeed on a full disk.</summary>
    private const int TrialBytes = 4 << 10;

    /// <summary>errno(3), which .NET leaves in HResult.</summary>
    private const int NoSpace = 28, ReadOnly = 30, QuotaUsedUp = 122;

    public static FolderFact Try(string purpose, string folder)
    {
        // What is not there yet is made in the nearest folder that is.
        var there = folder;
        while (!Directory.Exists(there))
        {
            if (File.Exists(there))
            {
                return new FolderFact(purpose, folder, null, $"{there} is a file") { Trouble = FolderTrouble.FileInTheWay };
            }

            if (Path.GetDirectoryName(there) is not { Length: > 0 } above)
            {
                break;
            }

            there = above;
        }

        try
        {
            using var probe = new FileStream(
                Path.Combine(there, $".swarmstream-doctor-{Environment.ProcessId}"),
                new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose, BufferSize = 0 });
            probe.Write(new byte[TrialBytes]);
            probe.Flush(flushToDisk: true);
            return new FolderFact(purpose, folder, new DriveInfo(there).AvailableFreeSpace, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var (problem, trouble) = e.HResult switch
            {
                NoSpace => ("the disk is full", FolderTrouble.Full),
                QuotaUsedUp => ("this user's disk quota is used up", FolderTrouble.Full),
                ReadOnly => ("the disk is mounted read-only", FolderTrouble.ReadOnly),
                _ => (ErrorText.Of(e), FolderTrouble.Other),
            };
            return new FolderFact(purpose, folder, null, problem) { Trouble = trouble };
        }
    }

    /// <summary>The youngest file in the folder itself.</summary>
    public static StampFact? LastWritten(string folder)
    {
        try
        {
            return !Directory.Exists(folder) ? null
                : Directory.EnumerateFiles(folder).Select(static f => new StampFact(f, File.GetLastWriteTimeUtc(f))).MaxBy(static s => s.Written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
