using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Swarm.Proxy.Gateway;

/// <summary>Replaces the links in a registry's document and leaves every other byte as it was.</summary>
internal static partial class IndexRewriter
{
    /// <summary>Null where the document is not what its type says, so that it passes as it came.</summary>
    public static byte[]? Rewrite(IndexKind kind, ReadOnlySpan<byte> document, GatewayLinks links) => kind switch
    {
        IndexKind.SimpleHtml => Html(document, links),
        IndexKind.SimpleJson => Json(document, links, "url", "files"),
        IndexKind.NpmPackage => Json(document, links, "tarball", "dist"),
        _ => null,
    };

    /// <summary>The value of each property <paramref name="name"/> directly in an object, or an object of the array, called <paramref name="parent"/>.</summary>
    private static byte[]? Json(ReadOnlySpan<byte> document, GatewayLinks links, string name, string parent)
    {
        var changed = new ArrayBufferWriter<byte>(document.Length + (document.Length / 8) + 256);
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = 64 });
        var names = new Stack<string?>(); // of each open object or array; null for an element
        string? last = null;
        var copied = 0;
        try
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        last = reader.ValueTextEquals(name) ? name : reader.ValueTextEquals(parent) ? parent : "";
                        continue;
                    case JsonTokenType.StartObject or JsonTokenType.StartArray:
                        names.Push(last);
                        break;
                    case JsonTokenType.EndObject or JsonTokenType.EndArray:
                        names.Pop();
                        break;
                    case JsonTokenType.String when last == name && (names.TryPeek(out var own) && (own ?? Outer(names)) == parent) && links.Rewrite(reader.GetString()!) is { } link:
                        var start = (int)reader.TokenStartIndex;
                        changed.Write(document[copied..start]);
                        changed.Write(JsonSerializer.SerializeToUtf8Bytes(link, IndexJson.Default.String));
                        copied = (int)reader.BytesConsumed;
                        break;
                }

                last = null;
            }
        }
        catch (JsonException)
        {
            return null;
        }

        changed.Write(document[copied..]);
        return changed.WrittenSpan.ToArray();
    }

    /// <summary>The name of the array that the innermost object is an element of.</summary>
    private static string? Outer(Stack<string?> names) => names.Skip(1).FirstOrDefault();

    /// <summary>The <c>href</c> of each anchor; with a <c>base</c> they are meant against that, as pip reads it.</summary>
    private static byte[] Html(ReadOnlySpan<byte> document, GatewayLinks links)
    {
        var text = Encoding.Latin1.GetString(document); // bytes of any charset come back as they were: links are ASCII
        return Encoding.Latin1.GetBytes(Tag().Replace(text, tag => Attribute().Replace(tag.Value, attribute =>
        {
            var value = attribute.Groups["value"];
            var link = links.Rewrite(WebUtility.HtmlDecode(value.Value.Trim().Trim('"', '\'')));
            return link is null ? attribute.Value : $"{attribute.Value[..(value.Index - attribute.Index)]}\"{link.Replace("&", "&amp;", StringComparison.Ordinal).Replace("\"", "%22", StringComparison.Ordinal)}\"";
        })));
    }

    [GeneratedRegex("<(?:a|base)\\s[^>]*>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Tag();

    [GeneratedRegex("(?<=\\s)href\\s*=\\s*(?<value>\"[^\"]*\"|'[^']*'|[^\\s>\"']+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Attribute();
}
