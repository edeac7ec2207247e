using System.Globalization;

namespace Swarm.Store;

/// <summary>
/// The claim of one process on a data folder: an exclusive lock on <c>store.lock</c>, held while the process lives, so
/// that a crash releases it. <c>store.pid</c> beside it names the holder, since a locked file cannot be read everywhere.
/// </summary>
internal sealed class DataFolderLock : IDisposable
{
    private readonly FileStream _held;
    private readonly string _pidPath;

    private DataFolderLock(FileStream held, string pidPath)
    {
        _held = held;
        _pidPath = pidPath;
    }

    /// <summary>Null when another process (or this one) holds the folder; <paramref name="holder"/> is then its pid if known.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static DataFolderLock? TryTake(string folder, out int? holder)
    {
        holder = null;
        var lockPath = Path.Combine(folder, "store.lock");
        var pidPath = Path.Combine(folder, "store.pid");
        FileStream held;
        try
        {
            held = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsSharingViolation(e))
        {
            holder = ReadPid(pidPath);
            return null;
        }

        try
        {
            File.WriteAllText(pidPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        }
        catch
        {
            held.Dispose();
            throw;
        }

        return new DataFolderLock(held, pidPath);
    }

    public void Dispose()
    {
        try
        {
            File.Delete(_pidPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A stale pid is only a hint in a message; the lock itself is what counts.
        }

        _held.Dispose();
    }

    // EWOULDBLOCK of flock(2) on Linux and on macOS; ERROR_SHARING_VIOLATION on Windows.
    private static bool IsSharingViolation(IOException e) => e.HResult is 11 or 35 or unchecked((int)0x80070020);

    private static int? ReadPid(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
