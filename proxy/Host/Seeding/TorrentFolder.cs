using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Seeding;

/// <summary>
/// The torrents that the web server gives away: <c>films/a.mp4.torrent</c> for <c>films/a.mp4</c>, readable for everybody. One that is
/// there is published: the web server's Link follows it.
/// </summary>
/// <remarks>One caller at a time.</remarks>
internal sealed class TorrentFolder
{
    /// <summary>Says that the folder is ours, and what is in it may go.</summary>
    private const string Mark = ".swarmstream";
    private const string Suffix = ".torrent";

    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode FolderForAll = ForAll | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string _folder;

    private TorrentFolder(string folder) => _folder = folder;

    /// <summary>Takes a folder for the torrents, made if there is none; one sentence if it cannot be had, or holds something else.</summary>
    public static (TorrentFolder? Folder, string? Problem) Open(string folder)
    {
        try
        {
            var mark = Path.Combine(folder, Mark);
            if (Directory.Exists(folder) && !File.Exists(mark) && Directory.EnumerateFileSystemEntries(folder).Any())
            {
                return (null, $"{folder} holds files of somebody else; give an empty folder that the web server may read with --torrents DIR.");
            }

            MakeFolder(folder);
            File.WriteAllBytes(mark, []);
            return (new(folder), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"the torrents cannot be kept in {folder}: {ErrorText.Of(e)}. Give a folder that the web server may read with --torrents DIR.");
        }
    }

    /// <summary>Withdraws every torrent that is not of one of these files: what an earlier run left, half written ones too. Nothing else is touched, and no link followed.</summary>
    public void KeepOnly(IReadOnlySet<string> paths)
    {
        if (!Directory.Exists(_folder))
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(_folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true }))
        {
            var inside = Path.GetRelativePath(_folder, file).Replace(Path.DirectorySeparatorChar, '/');
            if (Path.GetFileName(inside).Contains(Suffix, StringComparison.Ordinal) && !(inside.EndsWith(Suffix, StringComparison.Ordinal) && paths.Contains(inside[..^Suffix.Length])))
            {
                PrivateFile.TryDelete(file);
            }
        }
    }

    /// <summary>Puts a torrent there in one step.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void Publish(string path, ReadOnlySpan<byte> torrent)
    {
        var file = PathOf(path);
        MakeFolder(Path.GetDirectoryName(file)!);
        PrivateFile.Write(file, torrent, ForAll);
    }

    /// <summary>True if the torrent is not there any more.</summary>
    public bool Withdraw(string path)
    {
        PrivateFile.TryDelete(PathOf(path));
        return !File.Exists(PathOf(path));
    }

    /// <summary>Makes a folder that everybody may read, whatever the process's umask says; one that is there stays as it is.</summary>
    private static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        if (Path.GetDirectoryName(folder) is { Length: > 0 } above)
        {
            MakeFolder(above);
        }

        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, FolderForAll);
        }
    }

    private string PathOf(string path) => Path.Combine(_folder, path.Replace('/', Path.DirectorySeparatorChar)) + Suffix;
}
