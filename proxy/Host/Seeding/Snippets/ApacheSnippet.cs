namespace Swarm.Proxy.Seeding;

/// <summary>For Apache 2.4 with mod_alias, mod_mime, mod_rewrite and mod_headers, inside a virtual host.</summary>
internal sealed class ApacheSnippet : ISiteSnippet
{
    public string Name => "apache";

    public string Title => "Apache";

    // The pattern sees the path unescaped, THE_REQUEST as it was sent.
    public string Write(SiteAddress address, string torrents) => $$"""
        # swarmstream seed: include this file in the virtual host, then: a2enmod rewrite headers && apachectl graceful
        Alias "{{SiteAddress.TorrentsPath}}{{address.Prefix}}" "{{torrents}}/"
        <Directory "{{torrents}}">
            Require all granted
            AddType application/x-bittorrent .torrent
            Header set Cache-Control no-cache
        </Directory>
        RewriteEngine On
        RewriteCond "{{torrents}}$1.torrent" -f
        RewriteCond "%{THE_REQUEST}" "^\S+ ({{SiteSnippets.RawPath}})(\?\S*)? "
        RewriteRule "^{{SiteSnippets.Quote(address.Prefix[..^1])}}(/.+)$" - [E=swarm_sent:%1]
        Header add Link "<{{SiteAddress.TorrentsPath}}%{swarm_sent}e.torrent>; rel=describedby; type=\"application/x-bittorrent\"" env=swarm_sent

        """;
}
