using Swarm.Proxy.Cli;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Lifetime;

/// <summary>One process per data folder: an exclusive lock on a file in it, gone with the process however that ends.</summary>
internal sealed class NodeFolderLock : IDisposable
{
    public const string FileName = "node.lock";

    private readonly FileStream _file;

    private NodeFolderLock(FileStream file) => _file = file;

    /// <summary>The lock; nothing (no problem either) if another process holds it; a problem if the folder cannot be written.</summary>
    public static Started<NodeFolderLock> TryTake(string directory)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            return Started.As(new NodeFolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)));
        }
        catch (IOException) when (File.Exists(path))
        {
            return default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Started.Failed<NodeFolderLock>($"the folder {directory} cannot be written: {ErrorText.Of(e)}. Choose another with --data DIR.");
        }
    }

    /// <summary>Says who has the folder, as far as it left word.</summary>
    public static string HeldBy(NodePaths paths) => RuntimeFile.TryRead(paths.Runtime) is { } other
        ? $"the data folder {paths.Cache} is in use by another swarmstream (pid {other.Pid}, {other.Url}); stop it or choose another folder with --data DIR."
        : $"the data folder {paths.Cache} is in use by another swarmstream; stop it or choose another folder with --data DIR.";

    public void Dispose() => _file.Dispose();
}
