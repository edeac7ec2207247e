using System.Globalization;
using System.Net.Sockets;
using Swarm.Lab.Harness;

namespace Swarm.Lab;

/// <summary>A site to try the program with by hand, as README's tour does: it runs until Ctrl-C.</summary>
public sealed class DemoSite(TextWriter output)
{
    private const int DefaultPort = 8080;
    private const int FilmSeconds = 40;
    private const int KilobitsPerSecond = 5000;

    private static readonly Tool[] Needs = [Tool.Nginx, Tool.Opentracker, Tool.Libtorrent, Tool.Ffmpeg];

    public async Task<int> RunAsync(string? port, CancellationToken stop)
    {
        if (Needs.FirstOrDefault(t => t.Version is null) is { } missing)
        {
            output.WriteLine($"{missing.Name} is not installed. On Debian: sudo apt-get install {string.Join(' ', Needs.Select(t => t.DebianPackage))}");
            return 1;
        }

        if (!ushort.TryParse(port ?? $"{DefaultPort}", CultureInfo.InvariantCulture, out var number))
        {
            output.WriteLine($"{port} is no port");
            return 2;
        }

        await using var bench = new Bench(output);
        try
        {
            var film = await Film.Mp4Async(bench, FilmSeconds, KilobitsPerSecond, stop);
            var site = await FilmSite.StartAsync(bench, film, film.BytesPerSecond * 0.7, stop, port: number);
            await site.AddSeedAsync(film.BytesPerSecond * 1.2, stop);
            await site.AddSeedAsync(film.BytesPerSecond * 1.2, stop);
            await site.WaitForPeersAsync(2, stop);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{site.Url}: {film.Seconds:F0} s of film, {film.Content.Length / 1e6:F1} MB at {film.BytesPerSecond * 8 / 1e6:F1} Mbit/s"));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"nginx gives 0.7 of that rate, too little to play; two libtorrent seeds ({string.Join(", ", site.SeedEndpoints)}) give 1.2 each. Ctrl-C ends all."));
            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            output.WriteLine($"port {number} is taken; name another: … -- site PORT");
            return 1;
        }
        catch (LabException e)
        {
            output.WriteLine(e.Message);
            return 1;
        }
        catch (OperationCanceledException)
        {
            output.WriteLine("ended");
        }

        return 0;
    }
}
