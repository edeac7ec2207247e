namespace Swarm.Proxy.Seeding;

/// <summary>For Caddy 2, inside a site block.</summary>
internal sealed class CaddySnippet : ISiteSnippet
{
    public string Name => "caddy";

    public string Title => "Caddy";

    // A rewrite reads % and ? in a name as signs of a URL: torrents of such files are not found. Matchers of one set are tried in any order: what the third one needs of the first two is kept in variables. The path that
    // matchers see is unescaped, {http.request.uri} is as it was sent.
    public string Write(SiteAddress address, string torrents) => $$"""
        # swarmstream seed: import this file in the site block, then: caddy reload
        route {
            @swarm_file path_regexp swarm_file `^{{SiteSnippets.Quote(address.Prefix[..^1])}}(/.+)$`
            vars @swarm_file swarm_file {re.swarm_file.1}
            @swarm_sent vars_regexp swarm_sent {http.request.uri} `^({{SiteSnippets.RawPath}})(\?.*)?$`
            vars @swarm_sent swarm_sent {re.swarm_sent.1}
            @swarm_there file {
                root "{{torrents}}"
                try_files {vars.swarm_file}.torrent
            }
            header @swarm_there Link `<{{SiteAddress.TorrentsPath}}{vars.swarm_sent}.torrent>; rel=describedby; type="application/x-bittorrent"`
        }
        @swarm_torrent path_regexp swarm_torrent `^{{SiteSnippets.Quote(SiteAddress.TorrentsPath + address.Prefix[..^1])}}(/.+)$`
        handle @swarm_torrent {
            rewrite * {re.swarm_torrent.1}
            root * "{{torrents}}"
            header Content-Type application/x-bittorrent
            header Cache-Control no-cache
            file_server
        }

        """;
}
