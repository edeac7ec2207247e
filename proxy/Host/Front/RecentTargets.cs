using Swarm.Proxy.Origin;

namespace Swarm.Proxy.Front;

/// <summary>The absolute-form targets parsed last: what is asked often is read once. Entries are immutable; a race costs a parse.</summary>
internal sealed class RecentTargets
{
    private const int Kept = 1024; // a power of two
    private const int LongestText = 512; // so that the whole stays within a few MiB

    private readonly Entry?[] _entries = new Entry?[Kept];

    public bool TryParse(string text, out OriginTarget target)
    {
        if (text.Length > LongestText)
        {
            return OriginTarget.TryParse(text, TargetForm.AbsoluteForm, out target);
        }

        ref var entry = ref _entries[string.GetHashCode(text, StringComparison.Ordinal) & (Kept - 1)];
        if (Volatile.Read(ref entry) is { } known && known.Text == text)
        {
            target = known.Target;
            return true;
        }

        if (!OriginTarget.TryParse(text, TargetForm.AbsoluteForm, out target))
        {
            return false;
        }

        Volatile.Write(ref entry, new(text, target));
        return true;
    }

    private sealed record Entry(string Text, OriginTarget Target);
}
