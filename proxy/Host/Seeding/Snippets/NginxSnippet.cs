namespace Swarm.Proxy.Seeding;

/// <summary>For nginx, at the level of a server block: no line a file, no module beyond Debian's.</summary>
internal sealed class NginxSnippet : ISiteSnippet
{
    public string Name => "nginx";

    public string Title => "nginx";

    // $uri is the path unescaped, as the file system has it; $request_uri as it was sent, as the Link must say it. Only named captures
    // come out as they went in: $1 is escaped again. An empty header is not sent.
    public string Write(SiteAddress address, string torrents) => $$"""
        # swarmstream seed: include this file in the server block of the site, then: nginx -t && nginx -s reload
        # A location with add_header lines of its own needs the line "add_header Link $swarm_link;" too.
        set $swarm_there "";
        set $swarm_link "";
        if ($uri ~ "^{{SiteSnippets.Quote(address.Prefix[..^1])}}(?<swarm_file>/.+)$") { }
        if (-f "{{torrents}}${swarm_file}.torrent") { set $swarm_there $request_uri; }
        if ($swarm_there ~ "^(?<swarm_sent>{{SiteSnippets.RawPath}})(\?.*)?$") {
            set $swarm_link '<{{SiteAddress.TorrentsPath}}${swarm_sent}.torrent>; rel=describedby; type="application/x-bittorrent"';
        }
        add_header Link $swarm_link;
        location ^~ "{{SiteAddress.TorrentsPath}}{{address.Prefix}}" {
            alias "{{torrents}}/";
            types { application/x-bittorrent torrent; }
            add_header Cache-Control no-cache;
        }

        """;
}
