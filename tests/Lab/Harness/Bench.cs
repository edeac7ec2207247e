using System.Net;
using System.Net.Sockets;

namespace Swarm.Lab.Harness;

/// <summary>
/// One scenario's workplace: a folder of its own, the processes on it, and the promise that both are gone afterwards.
/// </summary>
public sealed class Bench : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _owned = new();
    private readonly List<Func<string>> _tellers = [];

    public Bench(TextWriter log)
    {
        Log = log;
        Folder = Directory.CreateTempSubdirectory("swarm-lab-").FullName;
        Reaper = new Reaper(Folder);
    }

    public string Folder { get; }

    public Reaper Reaper { get; }

    /// <summary>Where a scenario tells what it does, for who watches.</summary>
    public TextWriter Log { get; }

    public static string PeerScript(string name) => Path.Combine(AppContext.BaseDirectory, "Peers", name);

    /// <summary>A port of 127.0.0.1 that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public string NewFolder(string name) =>
        Directory.CreateDirectory(Path.Combine(Folder, $"{name}-{Guid.NewGuid().ToString("N")[..6]}")).FullName;

    /// <summary>Ends <paramref name="item"/> with the bench, latest first.</summary>
    public T Own<T>(T item)
        where T : IAsyncDisposable
    {
        _owned.Push(item);
        return item;
    }

    /// <summary>Asked for its last words when the scenario fails.</summary>
    public void OnFailure(Func<string> lastWords) => _tellers.Add(lastWords);

    public IEnumerable<string> LastWords() => _tellers.Select(t => t());

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var item))
        {
            await item.DisposeAsync();
        }

        Reaper.Dispose();
    }
}
