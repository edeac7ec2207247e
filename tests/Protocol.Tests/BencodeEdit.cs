using System.Buffers;
using System.Text;

namespace Swarm.Protocol.Tests;

/// <summary>
/// A metainfo to spoil: the golden cases of malformed ones are a base torrent and edits.
/// <code>
/// base NAME                a golden torrent
/// set PATH = BENCODE       PATH is keys and list numbers set apart by '|'; a last number equal to the count appends
/// remove PATH
/// raw TEXT                 the whole input instead
/// append TEXT              bytes behind the end
/// cut N                    drops the last N bytes
/// info                     take the info dictionary alone, as a magnet brings it
/// </code>
/// <c>*N</c> in a BENCODE stands for a string of N letters x, <c>\xNN</c> for a byte.
/// </summary>
internal static class BencodeEdit
{
    public static (byte[] Bytes, bool InfoOnly) Apply(string script)
    {
        object root = new SortedDictionary<string, object>(StringComparer.Ordinal);
        byte[]? raw = null;
        var tail = "";
        var (cut, infoOnly) = (0, false);
        foreach (var line in script.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', 2);
            var argument = words.Length > 1 ? words[1] : "";
            switch (words[0])
            {
                case "base":
                    root = Load(Golden.Torrent(argument));
                    break;
                case "set":
                    var sides = argument.Split(" = ", 2);
                    Set(root, sides[0], Load(Text(sides[1])));
                    break;
                case "remove":
                    Set(root, argument, null);
                    break;
                case "raw":
                    raw = Text(argument);
                    break;
                case "append":
                    tail = argument;
                    break;
                case "cut":
                    cut = int.Parse(argument, System.Globalization.CultureInfo.InvariantCulture);
                    break;
                case "info":
                    infoOnly = true;
                    break;
                default:
                    throw new FormatException(line);
            }
        }

        raw ??= Save(infoOnly ? ((SortedDictionary<string, object>)root)["info"] : root);
        return ([.. raw[..^cut], .. Text(tail)], infoOnly);
    }

    private static byte[] Text(string text)
    {
        text = System.Text.RegularExpressions.Regex.Replace(text, @"\*(\d+)", m => $"{m.Groups[1].Value}:{new string('x', int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))}");
        text = System.Text.RegularExpressions.Regex.Replace(text, @"\\x([0-9a-f]{2})", m => ((char)Convert.ToByte(m.Groups[1].Value, 16)).ToString());
        return Encoding.Latin1.GetBytes(text);
    }

    private static void Set(object root, string path, object? value)
    {
        var keys = path.Split('|').Select(k => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(k))).ToArray();
        var at = root;
        foreach (var key in keys[..^1])
        {
            at = at is List<object> l ? l[int.Parse(key, System.Globalization.CultureInfo.InvariantCulture)] : ((SortedDictionary<string, object>)at)[key];
        }

        switch (at)
        {
            case List<object> list:
                var index = int.Parse(keys[^1], System.Globalization.CultureInfo.InvariantCulture);
                list.RemoveRange(index, value is null || index < list.Count ? 1 : 0);
                list.InsertRange(index, value is null ? [] : [value]);
                break;
            case SortedDictionary<string, object> dictionary when value is null:
                Assert.True(dictionary.Remove(keys[^1]), path);
                break;
            default:
                ((SortedDictionary<string, object>)at)[keys[^1]] = value!;
                break;
        }
    }

    private static object Load(byte[] bytes)
    {
        Assert.True(BencodeDocument.TryParse(bytes, out var document, out var error, BencodeLimits.Metainfo), error + " in " + Encoding.Latin1.GetString(bytes));
        return Load(document.Root);
    }

    private static object Load(BencodeValue value)
    {
        switch (value.Kind)
        {
            case BencodeKind.List:
                var list = new List<object>();
                foreach (var item in value.Items)
                {
                    list.Add(Load(item));
                }

                return list;
            case BencodeKind.Dictionary:
                var dictionary = new SortedDictionary<string, object>(StringComparer.Ordinal);
                foreach (var (key, item) in value.Entries)
                {
                    dictionary[Encoding.Latin1.GetString(key.Bytes.Span)] = Load(item);
                }

                return dictionary;
            default:
                return value.Raw.ToArray();
        }
    }

    private static byte[] Save(object value)
    {
        var to = new ArrayBufferWriter<byte>();
        Save(value, new BencodeWriter(to));
        return to.WrittenSpan.ToArray();
    }

    private static void Save(object value, BencodeWriter to)
    {
        switch (value)
        {
            case List<object> list:
                to.BeginList();
                list.ForEach(item => Save(item, to));
                to.End();
                break;
            case SortedDictionary<string, object> dictionary:
                to.BeginDictionary();
                foreach (var (key, item) in dictionary)
                {
                    to.Bytes(Encoding.Latin1.GetBytes(key));
                    Save(item, to);
                }

                to.End();
                break;
            default:
                to.Raw((byte[])value);
                break;
        }
    }
}
