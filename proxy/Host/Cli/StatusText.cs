using System.Globalization;
using System.Text;
using Swarm.Core;
using Swarm.Engine.Receipts;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary>A status as <c>swarmstream status</c> prints it: plain words, numbers with units, the next step.</summary>
internal static class StatusText
{
    public static string Format(StatusView status)
    {
        var text = new StringBuilder();
        Row("Running", $"{PlainUnits.Duration(status.UptimeMs)}, version {status.Version}");
        Row("Proxy", status.Proxy);
        Row("Control", status.Control);
        Row("Peers reach it at", status.Peer ?? "nowhere (no --peer-listen)");
        Row("Sharing", status.Share);
        Row("Swarm hosts", status.SwarmHosts.Count == 0 ? "none: all bytes come from the origin" : string.Join(", ", status.SwarmHosts.Select(ReceiptLine.Printable)));
        Row("Open now", $"{Count(status.OpenRequests, "request")}, {Count(status.Resources, "resource")}, {Count(status.Torrents, "torrent")}");
        Row("Peers", $"{status.Peers.Unchoked} serving, {status.Peers.Choked} waiting, {status.Peers.Connecting} connecting, {status.Peers.Banned} banned");
        Row("DHT", Dht(status.Dht));
        Row("Received", Received(status.ReceivedBytes));
        Row("Sent", $"{PlainUnits.Size(status.SentBytes.Client)} to clients, {PlainUnits.Size(status.SentBytes.Peer)} to peers");
        Row("Wasted", $"{PlainUnits.Size(status.DuplicateBytes)} duplicate, {PlainUnits.Size(status.RejectedBytes)} rejected");
        Row("Stalls", status.Stalls.ToString(CultureInfo.InvariantCulture));
        if (status.Store.Directory is { } directory)
        {
            Row("Store", $"{PlainUnits.Size(status.Store.UsedBytes)}{(status.Store.QuotaBytes is { } quota ? " of " + PlainUnits.Size(quota) : "")} in {directory}"
                + (status.Store.Writable ? "" : " (cannot be written)"));
            Row("Re-hashed", $"{PlainUnits.Size(status.Store.CheckedBytes)} since the start, {Count(status.Store.DamagedBlocks, "damaged block")}");
        }

        foreach (var tunnel in status.Tunnels)
        {
            Row("Not accelerated", $"https tunnel, {PlainUnits.Size(tunnel.Bytes)} of {tunnel.Host}; its media by the browser extension, files by the gateway, all of it after 'swarmstream ca create --host {tunnel.Host}'");
        }

        foreach (var notice in status.Notices)
        {
            Row("Notice", ReceiptLine.Printable(notice));
        }

        text.Append("Next: ").Append(status.SwarmHosts.Count == 0
            ? "allow a host to use swarms with 'swarmstream --swarm-host HOST'."
            : $"curl -x {status.Proxy} -O URL; the receipts are at {status.Control}/ (address with token: on stderr at start).");
        return text.ToString();

        void Row(string name, string value) => text.Append(name.PadRight(18)).Append(value).Append('\n');
    }

    private static string Received(BytesBySource bytes)
    {
        var parts = Enum.GetValues<SourceKind>()
            .Where(kind => bytes.Of(kind) > 0)
            .Select(kind => $"{PlainUnits.Size(bytes.Of(kind))} {kind.Label()} ({PlainUnits.Share(bytes.Of(kind), bytes.Total)})");
        var text = string.Join(", ", parts);
        return text.Length == 0 ? "nothing yet" : text;
    }

    private static string Dht(DhtView? dht) => dht switch
    {
        null => "switched off",
        { IsActive: false } => "not used yet: no torrent looked for peers",
        _ => Count(dht.Nodes, "node") + (dht.IsReadOnly ? ", nobody has reached this one yet" : "") + (dht.Trouble is { } trouble ? $"; {ReceiptLine.Printable(trouble)}" : ""),
    };

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
