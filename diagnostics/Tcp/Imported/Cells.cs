namespace Swarm.Diagnostics.Tcp;

/// <summary>The words of a line, one after the other; an empty word is its end.</summary>
internal ref struct Cells(ReadOnlySpan<char> line)
{
    private ReadOnlySpan<char> _rest = line;

    public ReadOnlySpan<char> Next()
    {
        _rest = _rest.TrimStart();
        var end = _rest.IndexOfAny(' ', '\t');
        var cell = end < 0 ? _rest : _rest[..end];
        _rest = _rest[cell.Length..];
        return cell;
    }
}
