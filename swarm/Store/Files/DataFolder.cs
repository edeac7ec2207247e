using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Swarm.Store;

/// <summary>The folder a store lives in, held by this process alone: its index, and a folder of data files, one a content.</summary>
internal sealed class DataFolder : IDisposable
{
    private const string DataFilesName = "data";

    private readonly StoreOptions _options;
    private readonly DataFolderLock _lock;

    private DataFolder(StoreOptions options, DataFolderLock folderLock, IPieceIndex index, IReadOnlyList<ContentRow> rows, string? damagedIndex)
    {
        _options = options;
        _lock = folderLock;
        Index = index;
        Rows = rows;
        DamagedIndex = damagedIndex;
    }

    public IPieceIndex Index { get; }

    /// <summary>The contents the index knew when it was opened.</summary>
    public IReadOnlyList<ContentRow> Rows { get; }

    /// <summary>Where the index went that was found damaged, if one was; <see cref="Index"/> is then a fresh one.</summary>
    public string? DamagedIndex { get; }

    /// <summary>Makes the folder if there is none, takes it and opens its index. False with an error that needs a person.</summary>
    /// <exception cref="Exception">One of <see cref="StorageFault.IsExpected"/>: the folder cannot be written.</exception>
    /// <exception cref="ArgumentException">The path cannot be one of a folder.</exception>
    public static bool TryTake(StoreOptions options, [NotNullWhen(true)] out DataFolder? folder, [NotNullWhen(false)] out StoreError? error)
    {
        folder = null;
        error = null;
        var path = options.DataDirectory;
        if (File.Exists(path))
        {
            error = StoreError.IsAFile(path);
            return false;
        }

        options.FileSystem.CreateFolder(path);
        options.FileSystem.CreateFolder(Path.Combine(path, DataFilesName));
        var folderLock = DataFolderLock.TryTake(path, out var holder);
        if (folderLock is null)
        {
            error = StoreError.InUse(path, holder);
            return false;
        }

        try
        {
            if (IndexFile.TryOpen(path, options.BootId, out var rows, out var movedTo, out var newerVersion) is { } index)
            {
                folder = new DataFolder(options, folderLock, options.WrapIndex?.Invoke(index) ?? index, rows, movedTo);
                return true;
            }

            error = StoreError.NewerSchema(path, newerVersion);
            return false;
        }
        finally
        {
            if (folder is null)
            {
                folderLock.Dispose();
            }
        }
    }

    public string PathOf(string key) => Path.Combine(
        _options.DataDirectory, DataFilesName, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key))));

    /// <summary>The paths of the data files there are.</summary>
    public IEnumerable<string> DataFiles()
    {
        var folder = Path.Combine(_options.DataDirectory, DataFilesName);
        return _options.FileSystem.List(folder).Select(name => Path.Combine(folder, name));
    }

    public void Delete(string file) => _options.FileSystem.Delete(file);

    /// <summary>Closes the index and lets the folder go.</summary>
    public void Dispose()
    {
        Index.Dispose();
        _lock.Dispose();
    }
}
