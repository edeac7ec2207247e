namespace Swarm.Proxy.Seeding;

/// <summary>The lines that make one kind of web server name each file's torrent and give it away. Pure.</summary>
internal interface ISiteSnippet
{
    /// <summary>The flag that prints it, without dashes.</summary>
    string Name { get; }

    /// <summary>What people call it.</summary>
    string Title { get; }

    /// <param name="torrents">The folder of torrents, by its full path.</param>
    string Write(SiteAddress address, string torrents);
}
