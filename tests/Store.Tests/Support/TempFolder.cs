namespace Swarm.Store.Tests;

/// <summary>A folder for one test, gone with it.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder() => Path = Directory.CreateTempSubdirectory("swarm-store-").FullName;

    public string Path { get; }

    public string Index => System.IO.Path.Combine(Path, "index.db");

    /// <summary>The only data file.</summary>
    public string DataFile => Directory.GetFiles(System.IO.Path.Combine(Path, "data")).Single();

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
