using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Lifetime;

/// <summary>Which settings differ between two readings, by the names that flags have.</summary>
internal static class SettingChanges
{
    public static IReadOnlyList<string> Between(ProxySettings before, ProxySettings after)
    {
        var changed = new List<string>();
        Add("listen", Equals(before.Listen, after.Listen));
        Add("control", Equals(before.Control, after.Control));
        Add("peer-listen", Equals(before.PeerListen, after.PeerListen));
        Add("tracker-listen", Equals(before.TrackerListen, after.TrackerListen));
        Add("data", before.DataDirectory == after.DataDirectory);
        Add("torrent", before.TorrentFiles.SequenceEqual(after.TorrentFiles));
        Add("seed-now", before.SeedNow == after.SeedNow);
        Add("swarm-host", before.SwarmHosts.SequenceEqual(after.SwarmHosts));
        Add("share", before.Share == after.Share);
        Add("up-limit", before.UpLimitBytesPerSecond == after.UpLimitBytesPerSecond);
        Add("ratio", Equals(before.Ratio, after.Ratio));
        Add("allow-target", before.AllowTargets.SequenceEqual(after.AllowTargets));
        Add("connect-port", before.ConnectPorts.SequenceEqual(after.ConnectPorts));
        Add("gateway-root", before.GatewayRoot == after.GatewayRoot);
        Add("peer", before.Peers.SequenceEqual(after.Peers));
        Add("no-dht", before.Dht == after.Dht);
        Add("dht-bootstrap", before.DhtBootstrap.SequenceEqual(after.DhtBootstrap));
        Add("no-lsd", before.Lsd == after.Lsd);
        Add("no-pex", before.Pex == after.Pex);
        Add("cache-size", before.CacheBytes == after.CacheBytes);
        Add("quota", before.QuotaBytes == after.QuotaBytes);
        Add("proxy-auth", before.ProxyAuthFile == after.ProxyAuthFile);
        Add("trust-clients", before.TrustClients.SequenceEqual(after.TrustClients));
        Add("access-log", before.AccessLogFile == after.AccessLogFile);
        Add("access-log-format", before.AccessLogJson == after.AccessLogJson);
        Add("upstream-proxy", Equals(before.Upstream?.ForHttp, after.Upstream?.ForHttp) && Equals(before.Upstream?.ForHttps, after.Upstream?.ForHttps));
        Add("origin-ca", before.OriginAuthorityFiles.SequenceEqual(after.OriginAuthorityFiles));
        Add("transparent", before.Transparent == after.Transparent);
        Add("record", before.RecordDirectory == after.RecordDirectory);
        Add("otlp-endpoint", before.Otlp?.ToString() == after.Otlp?.ToString());
        Add("log-format", before.LogFormat == after.LogFormat);
        return changed;

        void Add(string name, bool same)
        {
            if (!same)
            {
                changed.Add(name);
            }
        }
    }
}
