namespace Swarm.Proxy.Control;

/// <summary>What players said of themselves, for as long as it is news. Thread-safe. A lie in it shows a wrong mark on a page, and does nothing else.</summary>
internal sealed class PlayerBook(TimeProvider time)
{
    /// <summary>A player that plays speaks once a second.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(3);

    private const int MaxPlayers = 100;
    private const int MaxTextLength = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Url, string Player), (PlayerView Said, long At)> _players = [];

    /// <summary>Takes it, or says in one sentence what is wrong with it.</summary>
    public string? Tell(PlayerView said)
    {
        if (said is not { Player.Length: > 0 and <= MaxTextLength, Url.Length: > 0 and <= MaxTextLength })
        {
            return $"Send player and url, each 1 to {MaxTextLength} characters long.";
        }

        if (!(said.Seconds >= 0 && said.DurationSeconds > 0 && said.Seconds <= said.DurationSeconds && said.BufferedSeconds >= 0 && double.IsFinite(said.DurationSeconds + said.BufferedSeconds)))
        {
            return "seconds must lie within duration_seconds, and buffered_seconds must not be negative.";
        }

        lock (_gate)
        {
            Forget();
            if (_players.Count >= MaxPlayers && !_players.ContainsKey((said.Url, said.Player)))
            {
                return $"{MaxPlayers} players speak already.";
            }

            _players[(said.Url, said.Player)] = (said, time.GetTimestamp());
            return null;
        }
    }

    /// <summary>Who plays it now. What plays goes on between two words of it: the position is of this moment.</summary>
    public IReadOnlyList<PlayerView> Of(string url)
    {
        lock (_gate)
        {
            Forget();
            return [.. _players.Values.Where(p => p.Said.Url == url).Select(p => Now(p.Said, time.GetElapsedTime(p.At).TotalSeconds))];
        }
    }

    private static PlayerView Now(PlayerView said, double elapsed)
    {
        var played = said.Paused ? 0 : Math.Min(elapsed, Math.Min(said.BufferedSeconds, said.DurationSeconds - said.Seconds));
        return said with { Seconds = said.Seconds + played, BufferedSeconds = said.BufferedSeconds - played };
    }

    private void Forget()
    {
        foreach (var (key, player) in _players)
        {
            if (time.GetElapsedTime(player.At) > GoodFor)
            {
                _players.Remove(key);
            }
        }
    }
}
