using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Swarm.Core;

namespace Swarm.Peer.Tests;

/// <summary>A running libtorrent that seeds one file it has checked.</summary>
internal sealed class LibtorrentSeed : IAsyncDisposable
{
    private readonly TestFolder _folder;
    private readonly ExternalTool _tool;

    private LibtorrentSeed(TestFolder folder, ExternalTool tool, JsonElement said, string address)
    {
        (_folder, _tool) = (folder, tool);
        Version = said.GetProperty("version").GetString()!;
        EndPoint = new(IPAddress.Parse(address), said.GetProperty("port").GetInt32());
        Sha256 = said.GetProperty("sha256").GetString()!;
        Hash256? v2 = said.GetProperty("v2").GetString() is { } hex && Hash256.TryParseHex(hex, out var hash) ? hash : null;
        Torrent = new(new InfoHash(said.GetProperty("v1").GetString(), v2), said.GetProperty("pieces").GetInt32());
        PiecesRoot = said.GetProperty("root").GetString() is { } rootHex && Hash256.TryParseHex(rootHex, out var root) ? root : default;
    }

    public string Version { get; }

    public IPEndPoint EndPoint { get; }

    public PeerTorrent Torrent { get; }

    public Hash256 PiecesRoot { get; }

    public string Sha256 { get; }

    public string Errors => _tool.Errors;

    public static async Task<LibtorrentSeed> StartAsync(string kind, int fileBytes, int pieceBytes, string address = "127.0.0.2", int uploadSlots = 8)
    {
        var folder = new TestFolder();
        var tool = ExternalTool.Start(
            "/usr/bin/python3", "python3-libtorrent",
            Path.Combine(AppContext.BaseDirectory, "Real", "seed.py"),
            folder.Path, kind, fileBytes.ToString(CultureInfo.InvariantCulture), pieceBytes.ToString(CultureInfo.InvariantCulture), address, uploadSlots.ToString(CultureInfo.InvariantCulture));
        try
        {
            var line = await tool.ReadLineAsync();
            return new(folder, tool, JsonDocument.Parse(line).RootElement, address);
        }
        catch (Exception e)
        {
            await tool.DisposeAsync();
            folder.Dispose();
            if (tool.Errors.Contains("No module named 'libtorrent'", StringComparison.Ordinal))
            {
                Assert.Fail("/usr/bin/python3 has no libtorrent: install the package python3-libtorrent, this test runs against a real seed.");
            }

            throw new InvalidOperationException("the libtorrent seed did not start: " + tool.Errors, e);
        }
    }

    public async Task<Socket> DialAsync()
    {
        var socket = new Socket(EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(EndPoint, TestContext.Current.CancellationToken);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        await _tool.DisposeAsync();
        _folder.Dispose();
    }
}
