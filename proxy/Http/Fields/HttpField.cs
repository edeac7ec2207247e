namespace Swarm.Http;

/// <summary>One field line (RFC 9110 §5): a name and its value, outer whitespace removed.</summary>
public readonly record struct HttpField(string Name, string Value)
{
    /// <summary>Visible octets, spaces and tabs (RFC 9110 §5.5): what a line may hold without becoming two.</summary>
    public static bool IsText(string value)
    {
        foreach (var c in value)
        {
            if ((c < ' ' && c != '\t') || c is '\x7f' or > '\xff')
            {
                return false;
            }
        }

        return true;
    }
}
