using Swarm.Core;

namespace Swarm.Engine;

/// <summary>Who was told what is wrong with a connection, so that they are told that it is over too: sources leave a swarm sooner than their verdict does.</summary>
/// <typeparam name="TPlace">An event log, and a source in it.</typeparam>
/// <param name="post">Writes a note there.</param>
internal sealed class TcpNotes<TPlace>(Action<TPlace, TcpNote> post)
    where TPlace : struct, IEquatable<TPlace>
{
    private readonly Dictionary<(SourceKind? Source, string Name), HashSet<TPlace>> _told = [];
    private readonly Lock _gate = new();

    /// <param name="places">Where the connection serves now.</param>
    public void Tell(TcpNote note, IEnumerable<TPlace> places)
    {
        lock (_gate)
        {
            var present = places.ToHashSet();
            foreach (var place in present)
            {
                post(place, note);
            }

            if (_told.Remove((note.Source, note.Name), out var before))
            {
                foreach (var place in before.Except(present))
                {
                    post(place, note with { Verdicts = 0 });
                }
            }

            if (note.Verdicts != 0 && present.Count > 0)
            {
                _told.Add((note.Source, note.Name), present);
            }
        }
    }
}
