//! Writes a table as Parquet: one row group with optional columns.

use std::sync::Arc;

use parquet::basic::{ConvertedType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{Column, Table, Values};

/// Returns the bytes of the file.
pub fn write(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let fields = table.columns.iter().map(field).collect::<Result<Vec<TypePtr>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("trials").with_fields(fields).build()?);
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default())?;
    let mut rows = writer.next_row_group()?;
    for column in &table.columns {
        let mut open = rows.next_column()?.expect("the schema has a field per column");
        fill(&mut open, &column.values)?;
        open.close()?;
    }
    rows.close()?;
    writer.close()?;
    Ok(bytes)
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, converted) = match column.values {
        Values::Text(_) => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
        Values::Whole(_) => (Physical::INT64, ConvertedType::UINT_64),
        Values::Number(_) => (Physical::DOUBLE, ConvertedType::NONE),
    };
    let builder = Type::primitive_type_builder(&column.name, physical).with_converted_type(converted);
    Ok(Arc::new(builder.with_repetition(Repetition::OPTIONAL).build()?))
}

fn fill(open: &mut SerializedColumnWriter, values: &Values) -> Result<(), ParquetError> {
    match (open.untyped(), values) {
        (ColumnWriter::ByteArrayColumnWriter(writer), Values::Text(values)) => {
            let (there, levels) = split(values, |text| ByteArray::from(text.as_str()));
            writer.write_batch(&there, Some(&levels), None)?;
        }
        // Parquet stores unsigned numbers in signed ones.
        (ColumnWriter::Int64ColumnWriter(writer), Values::Whole(values)) => {
            let (there, levels) = split(values, |value| *value as i64);
            writer.write_batch(&there, Some(&levels), None)?;
        }
        (ColumnWriter::DoubleColumnWriter(writer), Values::Number(values)) => {
            let (there, levels) = split(values, |value| *value);
            writer.write_batch(&there, Some(&levels), None)?;
        }
        _ => unreachable!("the field was made for these values"),
    }
    Ok(())
}

/// Splits values into the existing ones and a definition level per row.
fn split<T, U>(values: &[Option<T>], convert: impl Fn(&T) -> U) -> (Vec<U>, Vec<i16>) {
    let there = values.iter().flatten().map(convert).collect();
    (there, values.iter().map(|value| i16::from(value.is_some())).collect())
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::super::tests::sample;
    use super::*;

    #[test]
    fn parquet_round_trips() {
        let table = sample();
        let reader = SerializedFileReader::new(bytes::Bytes::from(write(&table).unwrap())).unwrap();
        let rows: Vec<Vec<(String, Field)>> =
            reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()).collect();
        assert_eq!(rows.len(), table.rows());
        for (row, fields) in rows.iter().enumerate() {
            for (column, (name, field)) in table.columns.iter().zip(fields) {
                let expected = match &column.values {
                    Values::Text(values) => values[row].clone().map_or(Field::Null, Field::Str),
                    Values::Whole(values) => values[row].map_or(Field::Null, Field::ULong),
                    Values::Number(values) => values[row].map_or(Field::Null, Field::Double),
                };
                assert_eq!((name, field), (&column.name, &expected));
            }
        }
    }
}
