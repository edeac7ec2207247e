using System.Net;
using Swarm.Lab.Harness.Network;

namespace Swarm.Lab.Harness;

/// <summary>What a stock client is started with: the machine it runs on, its folder, and a torrent as file or as magnet.</summary>
/// <param name="Magnet">Given instead of the torrent's file; null for the file.</param>
public sealed record StockTask(LabHost Host, string Folder, Torrent Torrent, string? Magnet)
{
    /// <summary>Where the client was installed, if it is not Debian's.</summary>
    public string? Installed { get; init; }

    /// <summary>A node by which to enter a DHT; null: the client uses none.</summary>
    public IPEndPoint? DhtRouter { get; init; }

    /// <summary>It may look for peers in the local network (BEP 14); only qBittorrent asks here, libtorrent takes a switch.</summary>
    public bool Lsd { get; init; }

    /// <summary>It may tell peers and be told (BEP 11); the same.</summary>
    public bool Pex { get; init; }

    /// <summary>A torrent whose file names nodes of a DHT (BEP 5), by which a client without a setting for it enters.</summary>
    public Torrent? DhtEntrance { get; init; }

    /// <summary>What it may give; 0 for as much as it can. Only qBittorrent asks.</summary>
    public int UpBytesPerSecond { get; init; }

    /// <summary>What it may take; the same.</summary>
    public int DownBytesPerSecond { get; init; }

    /// <summary>Every client listens here, each on a machine of its own.</summary>
    public const int Port = 6881;

    public IPEndPoint Endpoint => new(Host.Address, Port);

    /// <summary>What the client's command line takes.</summary>
    public string FileOrMagnet => Magnet ?? Torrent.File;
}
