using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Swarm.Lab.Harness;

/// <summary>A stock rtorrent without its terminal, asked by XML-RPC over SCGI on a socket file.</summary>
public sealed partial class RtorrentPeer : IStockPeer
{
    private readonly ChildProcess _process;
    private readonly string _socket;

    private RtorrentPeer(ChildProcess process, StockTask task, string socket) => (_process, Endpoint, _socket) = (process, task.Endpoint, socket);

    public IPEndPoint Endpoint { get; }

    public static async Task<RtorrentPeer> StartAsync(Bench bench, StockTask task, CancellationToken stop)
    {
        var home = bench.NewFolder("rtorrent");
        var socket = Path.Combine(home, "rpc");
        var file = Path.Combine(home, "rtorrent.rc");
        await File.WriteAllTextAsync(file, $"""
            system.daemon.set = true
            network.bind_address.set = {task.Host.Address}
            network.local_address.set = {task.Host.Address}
            network.port_range.set = {StockTask.Port}-{StockTask.Port}
            network.port_random.set = no
            network.scgi.open_local = {socket}
            dht.mode.set = disable
            protocol.pex.set = no
            trackers.use_udp.set = no
            directory.default.set = {task.Folder}
            session.path.set = {Directory.CreateDirectory(Path.Combine(home, "session")).FullName}
            schedule2 = add, 0, 0, "load.start=\"{task.FileOrMagnet}\""

            """, stop);
        var (program, inside) = task.Host.Inside(Tool.Rtorrent.Program, ["-n", "-o", $"import={file}"]);
        var process = ChildProcess.Start(bench.Reaper, program, inside, new Dictionary<string, string?> { ["HOME"] = home, ["TERM"] = "dumb" }, home);
        var peer = bench.Own(new RtorrentPeer(process, task, socket));
        await Poll.UntilAnswersAsync("rtorrent", process, peer.CountersAsync, stop);
        return peer;
    }

    public async Task<PeerCounters> CountersAsync(CancellationToken stop)
    {
        var answer = await AskAsync("""
            <methodCall><methodName>d.multicall2</methodName><params><param><value><string></string></value></param><param><value><string>main</string></value></param>
            <param><value><string>d.up.total=</string></value></param><param><value><string>d.down.total=</string></value></param>
            <param><value><string>d.complete=</string></value></param><param><value><string>d.peers_connected=</string></value></param></params></methodCall>
            """, stop);
        var numbers = Number().Matches(answer).Select(m => long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        return numbers.Count < 4 ? new(0, 0, 0, 0, false) : new(numbers[0], numbers[1], 0, (int)numbers[3], numbers[2] == 1);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>One SCGI request: its headers as a netstring, then the body.</summary>
    private async Task<string> AskAsync(string body, CancellationToken stop)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), stop);
        }
        catch (SocketException e)
        {
            throw new HttpRequestException("rtorrent takes no commands", e);
        }

        await using var stream = new NetworkStream(socket, ownsSocket: false);
        var headers = $"CONTENT_LENGTH\0{body.Length}\0SCGI\01\0";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{headers.Length}:{headers},{body}"), stop);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(stop);
    }

    [GeneratedRegex("<i[48]>(-?\\d+)</i[48]>")]
    private static partial Regex Number();
}
